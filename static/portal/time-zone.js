// <input data-guess-time-zone> is filled with the browser's time zone, where it is still empty.
for (const input of document.querySelectorAll("[data-guess-time-zone]")) {
  if (!input.value) input.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}
