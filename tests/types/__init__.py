# noqa: A005 - mirrors `umaya.types`
