"""The catalogue and schemes in the words of other systems: DCAT 3, ODRL 2.2 and DPV 2.0, as JSON-LD 1.1.

What is said is what the gate holds, nothing more: a dataspace connector learns what there is, under which terms it may
be asked for and where; it gets data through the gate like everybody. No person and no row is described.
Must hold: every term is declared by its vocabulary, or by the hub's own, which is published beside; identifiers are
derived from the hub's origin and stay what they are.
"""

from umaya.api.linked_data.catalogue import catalogue_document, dataset_document
from umaya.api.linked_data.policy import policy_document
from umaya.api.linked_data.vocabulary import vocabulary_document

__all__ = ["catalogue_document", "dataset_document", "policy_document", "vocabulary_document"]
