type Fault = Readonly<{ code: string; linePos?: readonly Readonly<{ line: number }>[] }>

/** What `parseDocument` of the package yaml gives: this room imports no package. */
type YamlDocument = Readonly<{
  errors: readonly Fault[]
  warnings: readonly Fault[]
  toJS: (options?: { maxAliasCount?: number }) => unknown
}>

/** By the codes of the package. Its own messages may quote the text, which may hold a secret: these do not. */
const FAULTS: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias is malformed',
  BAD_COLLECTION_TYPE: 'a tag does not fit the collection',
  BAD_DIRECTIVE: 'a % line is no directive',
  BAD_DQ_ESCAPE: 'a backslash in double quotes escapes nothing that may be escaped',
  BAD_INDENT: 'the indentation does not fit the lines around',
  BAD_PROP_ORDER: 'an anchor or tag stands at the wrong place',
  BAD_SCALAR_START: 'a value starts with a character that needs quotes (@, `, %, …)',
  BLOCK_AS_IMPLICIT_KEY: 'a map begins where only a value fits; is a quote or a line break missing?',
  BLOCK_IN_FLOW: 'an indented block stands inside [] or {}',
  DUPLICATE_KEY: 'a key stands twice',
  IMPOSSIBLE: 'the text cannot be read',
  KEY_OVER_1024_CHARS: 'a key is longer than 1024 characters; is a quote missing?',
  MISSING_CHAR: 'a character is missing (a quote, bracket, comma, colon or space)',
  MULTILINE_IMPLICIT_KEY: 'a key runs over several lines; is a colon or quote missing?',
  MULTIPLE_ANCHORS: 'a value has two anchors',
  MULTIPLE_TAGS: 'a value has two tags',
  MULTIPLE_DOCS: 'there is more than one document',
  NON_STRING_KEY: 'a key is no text',
  TAB_AS_INDENT: 'a tab is used for indentation',
  TAG_RESOLVE_FAILED: 'a tag does not fit its value; a text that begins with ! needs quotes',
  UNEXPECTED_TOKEN: 'something stands here that fits nowhere',
}

export function yamlFault(code: string): string {
  return FAULTS[code] ?? 'the text is no YAML'
}

/**
 * The value of a YAML text. Throws an Error that has no word of the text, and no cause that has: causes are printed. `parse` of the
 * package would print warnings that quote the text, so it is not used.
 */
export function yamlValue(document: YamlDocument, options: { maxAliasCount?: number } = {}): unknown {
  const [fault] = [...document.errors, ...document.warnings]
  if (fault !== undefined) {
    throw new Error(`it is not YAML (line ${fault.linePos?.[0]?.line ?? '?'}: ${yamlFault(fault.code)})`)
  }
  try {
    return document.toJS(options)
  } catch {
    throw new Error('it is not YAML (an alias has no anchor, or grows without end)')
  }
}
