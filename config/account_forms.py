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


def in_our_words(form: Any, **others: Any) -> Any:
    """The same form, labelled by LABELS; `others` are labels that it alone has."""
    labels = LABELS | others

    def labelled(self: Any, *args: Any, **more: Any) -> None:
        form.__init__(self, *args, **more)
        for name, field in self.fields.items():
            field.label = labels.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)

    return type(form.__name__, (form,), {"__init__": labelled})


SignUp = in_our_words(account.SignupForm, password1=_("Password"))
SignIn = in_our_words(account.LoginForm)
AddAddress = in_our_words(account.AddEmailForm)
ChangePassword = in_our_words(account.ChangePasswordForm)
SetPassword = in_our_words(account.SetPasswordForm)
ForgottenPassword = in_our_words(account.ResetPasswordForm)
NewPassword = in_our_words(account.ResetPasswordKeyForm)
PasswordAgain = in_our_words(account.ReauthenticateForm)
SecondProof = in_our_words(mfa.AuthenticateForm)
CodeAgain = in_our_words(mfa.ReauthenticateForm)
FirstCode = in_our_words(totp.ActivateTOTPForm, code=_("The code it shows now"))
