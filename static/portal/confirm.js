// <form data-confirm="What will happen, and that it cannot be undone." data-confirm-button="Remove">
// asks in a dialog before it is sent. Without JavaScript it is sent at once, so what cannot be undone
// has a page that asks: a hidden field with data-unconfirmed leads there, and is left out after the
// dialog.
(() => {
  const dialog = document.createElement("dialog");
  dialog.className = "ask";
  dialog.setAttribute("aria-labelledby", "ask-question");
  const question = Object.assign(document.createElement("p"), { id: "ask-question" });
  const buttons = Object.assign(document.createElement("div"), { className: "form-actions" });
  const yes = Object.assign(document.createElement("button"), {
    type: "button",
    className: "btn btn-danger",
  });
  const no = Object.assign(document.createElement("button"), {
    type: "button",
    className: "btn btn-outline-secondary",
    textContent: "Cancel",
    autofocus: true,
  });
  buttons.append(yes, no);
  dialog.append(question, buttons);
  document.body.append(dialog);

  let waiting = null; // the form, and the button that it was sent with
  no.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", () => {
    const { form, submitter } = waiting;
    form.dataset.confirmed = "";
    form.querySelectorAll("[data-unconfirmed]").forEach((field) => field.remove());
    dialog.close();
    form.requestSubmit(submitter);
  });

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      const { confirm, confirmButton } = form.dataset;
      if (!confirm) return;
      if ("confirmed" in form.dataset) {
        delete form.dataset.confirmed;
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      waiting = { form, submitter: event.submitter };
      question.textContent = confirm;
      yes.textContent = confirmButton || event.submitter?.textContent.trim() || "Yes";
      dialog.showModal();
    },
    true,
  );
})();
