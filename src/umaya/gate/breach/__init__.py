"""The breach desk (漏えい等への対応): what left, whether it is reported, by when, with which words, and who is told."""
