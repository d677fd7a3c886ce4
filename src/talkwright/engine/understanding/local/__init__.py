"""Understanding without a language model: a small trained classifier, typed answers and the phrases of everyday talk."""
