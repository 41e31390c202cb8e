// <form data-fields-of-kind>: of the groups <div data-kind="…">, only the one is shown whose kind is
// chosen. Also says before the upload that a file is too large (<input type="file" data-max-size>).
(() => {
  for (const form of document.querySelectorAll("form[data-fields-of-kind]")) {
    const kinds = [...form.querySelectorAll('input[type="radio"][name="kind"]')];
    const file = form.querySelector("input[data-max-size]");

    function showChosen() {
      const chosen = kinds.find((kind) => kind.checked)?.value;
      for (const group of form.querySelectorAll("[data-kind]"))
        group.hidden = kinds.length > 0 && group.dataset.kind !== chosen;
    }

    function checkSize() {
      const limit = Number(file.dataset.maxSize);
      const tooLarge = [...file.files].some((chosen) => chosen.size > limit);
      const words = `This file is too large: at most ${Math.floor(limit / 1024 / 1024)} MB.`;
      file.setCustomValidity(tooLarge && !file.closest("[hidden]") ? words : "");
      if (tooLarge) file.reportValidity();
    }

    form.addEventListener("change", (event) => {
      if (event.target.name === "kind") showChosen();
      if (file) checkSize();
    });
    showChosen();
  }
})();
