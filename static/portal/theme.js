// Light, dark, or as the system has it. Runs before the first paint, so that nothing flashes.
(() => {
  const KEY = "portal-theme";
  const root = document.documentElement;
  const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return localStorage.getItem(KEY) || "system";
    } catch {
      return "system"; // storage is switched off
    }
  }

  function keep(choice) {
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // The choice then holds for this page only.
    }
  }

  function show(choice) {
    const dark = choice === "dark" || (choice === "system" && systemIsDark.matches);
    root.dataset.bsTheme = dark ? "dark" : "light";
  }

  let choice = chosen();
  show(choice);
  systemIsDark.addEventListener("change", () => show(choice));
  addEventListener("storage", (event) => {
    if (event.key === KEY) show((choice = chosen()));
  });

  document.addEventListener("DOMContentLoaded", () => {
    const control = document.querySelector("[data-theme-switch]");
    if (!control) return;
    control.hidden = false;
    control.querySelector(`[value="${choice}"]`).checked = true;
    control.addEventListener("change", (event) => {
      choice = event.target.value;
      keep(choice);
      show(choice);
    });
  });
})();
