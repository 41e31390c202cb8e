// A refused form comes back with its errors beside the fields. The first of them has the focus, so
// that it is on the screen, however long the form, and is read out with its error.
(() => {
  document.querySelector("main [aria-invalid='true']:not([type='hidden'])")?.focus();
})();
