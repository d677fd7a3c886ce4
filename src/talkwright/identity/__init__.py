"""Who somebody is and what they may do: tokens, people, roles and permissions, for any OpenID provider."""
