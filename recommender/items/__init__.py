"""The marketplace as arrays: what ranking looks at, without a query for each thing."""
