"""Sign-in: relying party of OpenID Connect, sessions on the server, and the demonstration's own identity provider.

Must hold: nobody is anybody without a session; a session is begun only for an identity that a provider of the settings
asserted and that an account binds; the demonstration's provider exists in demonstrations alone.
"""
