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
      (word === 'key' && KEY_WORDS.has(words[index - 1] ?? '')) ||
      // A personal access token: GITHUB_PAT.
      (word === 'pat' && index > 0 && index === words.length - 1) ||
      // Traefik's label holds names with hashes of short passwords.
      (word === 'users' && /^(basic|digest)auth$/.test(words[index - 1] ?? '')),
  )
}
