"""allauth's forms in our words: labels of ours, and no placeholder that says a label twice."""

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from django.utils.translation import gettext_lazy as _

LABELS = {
    "login": _("E-mail address"),
    "email": _("E-mail address"),
    "password": _("Password"),
    "remember": _("Keep me signed in on this device"),
    "oldpassword": _("The password you have now"),
    "password1": _("New password"),
    "password2": _("The new password again"),
    "code": _("Code"),
}


class _OurWords:
    words = LABELS

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name, field in self.fields.items():  # type: ignore[attr-defined]  # of the form beside which this stands
            field.label = self.words.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)


class SignUp(_OurWords, account.SignupForm):  # type: ignore[misc]  # allauth has no types; so below
    words = LABELS | {"password1": _("Password")}


class SignIn(_OurWords, account.LoginForm):  # type: ignore[misc]
    pass


class AddAddress(_OurWords, account.AddEmailForm):  # type: ignore[misc]
    pass


class ChangePassword(_OurWords, account.ChangePasswordForm):  # type: ignore[misc]
    pass


class SetPassword(_OurWords, account.SetPasswordForm):  # type: ignore[misc]
    pass


class ForgottenPassword(_OurWords, account.ResetPasswordForm):  # type: ignore[misc]
    pass


class NewPassword(_OurWords, account.ResetPasswordKeyForm):  # type: ignore[misc]
    pass


class PasswordAgain(_OurWords, account.ReauthenticateForm):  # type: ignore[misc]
    pass


class SecondProof(_OurWords, mfa.AuthenticateForm):  # type: ignore[misc]
    pass


class CodeAgain(_OurWords, mfa.ReauthenticateForm):  # type: ignore[misc]
    pass


class FirstCode(_OurWords, totp.ActivateTOTPForm):  # type: ignore[misc]
    words = LABELS | {"code": _("The code it shows now")}
