"""The intents of a message, by a linear classifier over words and characters.

A component of Rasa's graph; runs in Rasa's own Python. The way of a text:
`normalising` (one spelling) → `features` (words, their neighbours, characters) →
`linear` (a score per intent) → `calibrating` (scores that are probabilities);
`component` hands it to Rasa, `noise` adds misspelt copies to what is learnt.
"""
