/** Words that name something secret, as whole words of a variable or option name. */
const SECRET_WORDS = new Set([
  'pass',
  'passwd',
  'password',
  'passphrase',
  'pw',
  'pwd',
  'secret',
  'token',
  'credential',
  'credentials',
  'apikey',
])
/** Words that name a secret together with `key` after them. */
const KEY_WORDS = new Set(['api', 'access', 'private', 'secret', 'encryption', 'auth', 'ssh', 'signing'])
/** A name that ends so tells about a secret and is none: where it lies, how long it lasts. */
const ABOUT = new Set([
  'file',
  'path',
  'dir',
  'ttl',
  'timeout',
  'expiry',
  'expires',
  'length',
  'name',
  'id',
  'url',
  'uri',
  'type',
])

/** Whether a variable of this name most likely holds a secret. Values are never looked at. */
export function looksSecret(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
  if (ABOUT.has(words.at(-1) ?? '')) return false
  return words.some(
    (word, index) =>
      SECRET_WORDS.has(word) ||
      /(password|passwd|secret)$/.test(word) ||
      (word === 'key' && KEY_WORDS.has(words[index - 1] ?? '')),
  )
}

/** A URL with a password in it, such as `rabbit://nova:…@host` (RFC 3986, userinfo). */
export function hasUrlPassword(value: string): boolean {
  return /[a-z][a-z0-9+.-]*:\/\/[^\s/?#@:]*:[^\s/?#@]+@/i.test(value)
}

/**
 * The options of a command line whose values are secrets: `--os-password`, `the URL after --connection`. Gives names
 * to print, never values. `-p` and the like are left alone: they mean something else in every program.
 */
export function secretOptions(argv: readonly string[]): readonly string[] {
  const found: string[] = []
  argv.forEach((word, index) => {
    const [option, value] = splitOption(word)
    const isOption = option.startsWith('-') || /^[A-Z][A-Z0-9_]*$/.test(option)
    if (isOption && looksSecret(option)) {
      const given = value ?? argv[index + 1]
      if (given !== undefined && given !== '' && !given.startsWith('-')) found.push(option)
    } else if (hasUrlPassword(word)) {
      found.push(value === undefined ? `a URL in argument ${index + 1}` : `the URL of ${option}`)
    }
  })
  return [...new Set(found)]
}

function splitOption(word: string): readonly [string, string | undefined] {
  const equals = word.indexOf('=')
  return equals === -1 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)]
}
