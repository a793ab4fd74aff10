"""The shapes that travel: what a request may say and what an answer shows. Titles are the words people read."""
