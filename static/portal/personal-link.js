// A personal link, …/join/#c=CODE: fills the code in and takes it out of the address. It is sent
// by a click only, because mail scanners follow links.
(() => {
  function codeIn(fragment) {
    if (!fragment.startsWith("#c=")) return "";
    try {
      return decodeURIComponent(fragment.slice(3));
    } catch {
      return "";
    }
  }

  function fillIn() {
    const field = document.querySelector("input[name=code]");
    const code = codeIn(location.hash);
    if (!code || !field) return;
    field.value = code;
    history.replaceState(null, "", location.pathname + location.search);
    const email = document.querySelector("input[name=email]");
    (email || field.form.querySelector("[type=submit]")).focus();
  }

  fillIn();
  addEventListener("hashchange", fillIn);
})();
