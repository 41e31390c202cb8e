from django import forms


class SignUpDetails(forms.Form):
    def signup(self, request, user):  # type: ignore[no-untyped-def]
        pass
