/** Unusual content: PostgreSQL expressions of the note's `number`. */
const ODD_TEXTS: readonly string[] = [
  // A character of every Unicode plane.
  `(select string_agg(chr(plane * 65536 + case when plane = 0 then 192 + number % 50000 else number % 65534 end), '')
    from generate_series(0, 16) as plane)`,
  // Special sequences of COPY: end marker, null and escapes.
  String.raw`E'it''s "odd"; \\. \n\\.\n\\N\t\\\\ $$ \\x41 {"a": [1]}\n' || number`,
  // Right-to-left text with combining marks and direction changes.
  `'שלום עולם ' || number || ' مرحبا' || chr(8238) || 'abc' || chr(8236) || ' é' || repeat(chr(769), 20)`,
  // Emoji of several characters each.
  `repeat('👩‍👩‍👧‍👦🏳️‍🌈🇪🇺', 1 + number % 9) || number`,
  // The shortest text.
  `chr(32 + number % 3)`,
  // Long, and sometimes very long.
  `repeat(md5(number::text) || ' ä ', case when number % 5000 = 5 then 20000 else 40 end)`,
  // All control characters that a text can contain, and all line endings.
  `(select string_agg(chr(code), '') from generate_series(1, 31) as code) || E'\\r\\n\\r\\u2028' || number`,
  `'Note number ' || number || repeat(': milk and bread, the plumber on Tuesday', 20)`,
];

/** A statement that adds notes with unusual content, some in the trash, and two pads to a user. */
export function oddNotes(userId: number, notes: number): string {
  const texts = ODD_TEXTS.map((text, index) => `when ${index} then ${text}`).join("\n");
  return `
    insert into pads (user_id, name) values (${userId}, 'Pad "1" of ${userId}'), (${userId}, E'Pad \\\\2\\t💡');
    insert into notes (user_id, pad_id, name, text, created_at, updated_at, deleted_at)
    select ${userId},
      case when number % 3 = 0 then (select min(id) from pads where user_id = ${userId}) end,
      left('№ ' || number || ' ' || chr(128512 + number % 60), 100),
      case number % ${ODD_TEXTS.length} ${texts} end,
      timestamptz '2024-01-01' + number * interval '17 minutes',
      timestamptz '2024-01-01' + number * interval '17 minutes 1.000001 seconds',
      case when number % 10 = 9 then timestamptz '2025-01-01' + number * interval '1 second' end
    from generate_series(1, ${notes}) as number`;
}

/** A statement that adds users in this order. */
export function people(...addresses: readonly string[]): string {
  const rows = addresses.map((address) => `('${address}', '$argon2id$secret')`).join(", ");
  return `insert into users (email, password_hash) values ${rows}`;
}
