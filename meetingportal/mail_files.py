"""Where no mail server is set up: each mail is a file that the operator can read and pass on."""

from django.core.mail import EmailMessage
from django.core.mail.backends.filebased import EmailBackend


class MailFiles(EmailBackend):
    def write_message(self, message: EmailMessage) -> None:
        """As plain text: the encoding of a real mail would break long links over two lines."""
        text = f"To: {', '.join(message.to)}\nSubject: {message.subject}\n\n{message.body}\n"
        self.stream.write(text.encode())  # type: ignore[arg-type]  # opened for bytes
