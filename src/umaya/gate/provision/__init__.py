"""Records of third-party provision (第三者提供記録): made at release, kept, exported to their party, erased in time.

What the law asks of them is `umaya.law.provision`.
"""

from umaya.gate.provision.keeping import PROVISION_RECORDS, Provisions
from umaya.gate.provision.particulars import Particulars, PartyParticulars, find_particulars
from umaya.gate.provision.records import Kept, Provided, forget_provision, owes_record, record_provision

__all__ = [
    "PROVISION_RECORDS",
    "Kept",
    "Particulars",
    "PartyParticulars",
    "Provided",
    "Provisions",
    "find_particulars",
    "forget_provision",
    "owes_record",
    "record_provision",
]
