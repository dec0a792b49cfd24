import type { YAMLError } from 'yaml'
import type { AnnealError } from '../../core/index.ts'
import { raise } from './errors.ts'

/** The parser's own messages may quote the text, which may hold a secret: these do not. */
const TEXTS: Partial<Record<YAMLError['code'], string>> = {
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
  MULTIPLE_DOCS: 'there is more than one document (a second ---)',
  MULTIPLE_TAGS: 'a value has two tags',
  NON_STRING_KEY: 'a key is no text',
  TAB_AS_INDENT: 'a tab is used for indentation',
  TAG_RESOLVE_FAILED: 'a tag does not fit its value',
  UNEXPECTED_TOKEN: 'something stands here that fits nowhere',
}

export function syntaxError(error: YAMLError): AnnealError {
  return raise('YAML_SYNTAX', { what: TEXTS[error.code] ?? 'the text is no YAML' })
}
