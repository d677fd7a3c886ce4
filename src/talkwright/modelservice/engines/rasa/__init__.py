"""The second engine: an installation of Rasa Open Source 3.6 or Rasa Pro from 3.7 on, which the operator provides."""
