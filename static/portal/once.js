// <form data-once> is sent once: of two clicks the second would replace the answer to the first, and
// with it what is shown only there. The server acts once by itself (see meetingportal/once.py).
(() => {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches("[data-once]")) return;
    if ("sent" in form.dataset) event.preventDefault();
    form.dataset.sent = "";
  });
  // Whoever comes back to the page by the browser's history may send the form again.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });
})();
