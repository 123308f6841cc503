# A file that cannot be read is refused whole; a row that cannot be used is kept aside with its reason, line and column.

Told before: before/io-1001.story

The platform sends the file wrong-header, 1 row for 275.00
  order,line,date
  IO-1001,L3,2026-01-08
It is refused: MALFORMED_FILE
The refusal names "line 1"

The platform sends the file no-utf-8, 1 row for 275.00
  order_no,line,row,spot,date,time,spot_rate,status,ad_id
  IO-1001,L3,1,1,2026-01-08,18:29,275.00,AIRED,caf\xe9
It is refused: MALFORMED_FILE
The refusal names "line 2"

The platform sends the file nul, 1 row for 275.00
  order_no,line,row,spot,date,time,spot_rate,status,ad_id
  IO-1001,L3,1,1,2026-01-08,18:29,275.00,AIRED,A\x00B
It is refused: MALFORMED_FILE
The refusal names "line 2"

The platform sends the file open-quote, 1 row for 275.00
  order_no,line,row,spot,date,time,spot_rate,status,ad_id
  IO-1001,L3,1,1,2026-01-08,18:29,275.00,AIRED,"AB
It is refused: MALFORMED_FILE
The refusal names "line 2"

The platform sends the file long-line, 1 row for 275.00
  order_no,line,row,spot,date,time,spot_rate,status,ad_id
  IO-1001,L3,1,1,2026-01-08,18:29,275.00,AIRED,\50MB
It is refused: MALFORMED_FILE
The refusal names "line 2"

IO-1001 has 0 airings

The platform sends the file some-bad-rows, 12 rows for 2,475.0000000000001
  order_no,line,row,spot,date,time,spot_rate,status
  IO-1001,L3,1,1,2026-01-08,18:29,275.00,AIRED
  IO-1001,L3,2,2,2026-02-30,18:29,275.00,AIRED
  IO-1001,L3,3,3,2026-01-15,25:29,275.00,AIRED
  IO-1001,L3,4,4,2026-01-15,18:29,12345678901234567890123456789,AIRED
  IO-1001,L3,5,5,2026-01-15,18:29,275.00,MAYBE
  IO-1001,L3,6,1,2026-01-22,18:29,275.00,AIRED
  IO-1001,L3,7,7,2026-02-01,18:29,275.00,AIRED
  IO-9999,L3,8,8,2026-01-22,18:29,275.00,AIRED
  IO-1001,L3,9,9,2999-01-22,18:29,275.00,AIRED
  IO-1001,L3,10,10,2026-01-22,18:29,-275.00,AIRED
  IO-1001,L3,11,11,2026-01-22,18:29,275.0000000000001,AIRED
  IO-1001,L3,-12,12,2026-01-22,18:29,275.00,AIRED
The batch has 1 rows loaded, 0 unchanged, 11 quarantined
In quarantine
  | row | column    | reason             |
  | 2   | date      | MALFORMED_ROW      |
  | 3   | time      | MALFORMED_ROW      |
  | 4   | spot_rate | MALFORMED_ROW      |
  | 5   | status    | MALFORMED_ROW      |
  | 6   | spot      | DUPLICATE_IN_BATCH |
  | 7   | date      | OUT_OF_FLIGHT      |
  | 8   | order_no  | UNKNOWN_ORDER      |
  | 9   | date      | FUTURE_DAY         |
  | 10  | spot_rate | MALFORMED_ROW      |
  | 11  | spot_rate | MALFORMED_ROW      |
  | 12  | row       | MALFORMED_ROW      |
IO-1001 has 1 airings
