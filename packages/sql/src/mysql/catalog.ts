/** A row for each column of each table, as `tablesOf` takes them. */
export const catalogQuery = `
  select t.table_schema as "schema", t.table_name as "table",
    if(t.table_type like '%VIEW', 'view', 'table') as kind,
    c.column_name as "column", c.column_type as type, c.is_nullable = 'YES' as nullable,
    p.ordinal_position as primary_key, f.referenced_table_schema as ref_schema,
    f.referenced_table_name as ref_table, f.referenced_column_name as ref_column
  from information_schema.tables t
  left join information_schema.columns c
    on c.table_schema = t.table_schema and c.table_name = t.table_name
  left join information_schema.key_column_usage p
    on p.table_schema = c.table_schema and p.table_name = c.table_name
      and p.column_name = c.column_name and p.constraint_name = 'PRIMARY'
  left join information_schema.key_column_usage f
    on f.table_schema = c.table_schema and f.table_name = c.table_name
      and f.column_name = c.column_name and f.referenced_table_name is not null
  where t.table_schema not in ('information_schema', 'mysql', 'performance_schema', 'sys')
  order by t.table_schema, t.table_name, c.ordinal_position, f.constraint_name`;
