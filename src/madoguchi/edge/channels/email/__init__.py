"""Mail going out by SMTP, and the development mail box that catches it in the demo, over SMTP as well.

`smtp.SmtpMailer` implements service.notices.port; `box.MailBox` is an SMTP server on loopback. Called by app.py; the
demo door reads what was caught.
"""
