// <form data-signed-link>: takes the token of a personal link out of the address, so that neither
// the history nor anybody who looks over a shoulder keeps it. Only a click sends it.
(() => {
  const form = document.querySelector("[data-signed-link]");
  const token = location.hash.slice(1);
  if (!form || !token) return;
  form.elements.token.value = token;
  form.querySelector("[data-paste]").hidden = true;
  document.querySelector("[data-arrived]").hidden = false;
  history.replaceState(null, "", location.pathname);
})();
