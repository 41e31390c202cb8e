// <p data-arrived>: said to screen readers once the page is there (a status that is there from the
// start is not read out), and faded out after a while. Its place is kept, so that nothing jumps.
(() => {
  const SAID_AFTER = 300; // milliseconds
  const SHOWN_FOR = 10_000;
  const line = document.querySelector("[data-arrived]");
  if (!line) return;
  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  line.after(status);
  setTimeout(() => (status.textContent = line.textContent), SAID_AFTER);
  setTimeout(() => line.classList.add("is-gone"), SHOWN_FOR);
})();
