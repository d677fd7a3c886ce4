"""Understanding without a language model: a small trained classifier, typed answers, phrases of everyday talk."""
