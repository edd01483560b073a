"""Pure compute on Arrow tables: engines never fetch, never read a clock and import only `umaya.types`."""
