// <p role="status" data-arrived>: said to screen readers after the page is there, and faded out
// after a while. Its place is kept, so that nothing jumps.
(() => {
  const SAID_AFTER = 300; // milliseconds; a status that is there from the start is not read out
  const SHOWN_FOR = 10_000;
  const line = document.querySelector("[data-arrived]");
  if (!line) return;
  const words = [...line.childNodes];
  line.replaceChildren();
  setTimeout(() => line.append(...words), SAID_AFTER);
  setTimeout(() => line.classList.add("is-gone"), SHOWN_FOR);
})();
