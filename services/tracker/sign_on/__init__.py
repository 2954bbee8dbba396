"""Single sign-on by OpenID Connect: settings, what the provider is asked, and who an answer lets in.

Authorization code with PKCE and nonce, by Authlib. What must be remembered between leaving and coming back is a row of
the database, bound to the browser by a cookie and used once; Authlib's own cache is not used.
"""
