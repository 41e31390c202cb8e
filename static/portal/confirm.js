// <form data-confirm="What will happen, and that it cannot be undone." data-confirm-button="Remove">
// asks in a dialog before it is sent; one of its buttons may carry the two instead, for itself.
// Without JavaScript the form is sent at once, so the server must not depend on it: what cannot be
// undone has a page of its own that asks.
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
    dialog.close();
    form.requestSubmit(submitter);
  });

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      const { confirm, confirmButton } = event.submitter?.dataset.confirm
        ? event.submitter.dataset
        : form.dataset;
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
