import { licenseText } from './production-packages.ts'
import type { ProductionPackage } from './production-packages.ts'

/**
 * debian/copyright of the package.
 * Source: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
 */
export function copyrightFile(packages: readonly ProductionPackage[]): string {
  const own = [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/',
    'Upstream-Name: anneal',
    'Comment: The program is written in TypeScript; the types are taken out. Node.js and the packages below',
    ' usr/lib/anneal/node_modules are contained as their authors published them.',
    '',
    'Files: *',
    'Copyright: The Anneal authors',
    'License: Apache-2.0',
    ' On Debian systems, the full text of the Apache License, Version 2.0 is in',
    ' /usr/share/common-licenses/Apache-2.0.',
  ]
  return `${[own, ...packages.map((one) => stanza(one))].map((lines) => lines.join('\n')).join('\n\n')}\n`
}

function apacheStanza(one: ProductionPackage, text: string): readonly string[] {
  const [first = `The authors of ${one.name}`, ...more] = holdersIn(text)
  return [
    `Files: usr/lib/anneal/${one.place}/*`,
    `Copyright: ${first}`,
    ...more.map((line) => ` ${line}`),
    'License: Apache-2.0',
    ' On Debian systems, the full text of the Apache License, Version 2.0 is in',
    ' /usr/share/common-licenses/Apache-2.0.',
  ]
}

/** Lines of a license that say whose work it is. */
function holdersIn(text: string): readonly string[] {
  const lines = [...text.matchAll(/^.{0,4}((?:copyright|\(c\)|©).{4,120})$/gim)]
    .map((match) => (match[1] ?? '').replace(/^copyright:?\s*/i, '').trim())
    .filter((line) => /\d{4}|\(c\)|©/i.test(line) && !/\[yyyy\]/.test(line))
  return [...new Set(lines)]
}

function stanza(one: ProductionPackage): readonly string[] {
  const text = licenseText(one)
  // The text of this license is on every Debian system; only one package says more than it.
  if (one.license === 'Apache-2.0' && /apache license/i.test(text.slice(0, 400)))
    return apacheStanza(one, text)
  const copyright = one.name === 'node' ? ['Node.js contributors, and others: see below'] : holdersIn(text)
  const [first = `The authors of ${one.name}`, ...more] = copyright
  const [name = 'unknown'] = (one.license || 'MIT').split(' ')
  const lines =
    text === '' ? [`The package ${one.name} ${one.version} says: ${one.license || 'MIT'}.`] : text.split('\n')
  return [
    `Files: usr/lib/anneal/${one.place}/*`,
    `Copyright: ${first}`,
    ...more.map((line) => ` ${line}`),
    // Each text stands with its own package: two of one license have other names of authors in them.
    `License: ${name}-of-${one.place.replace(/^node_modules\//, '').replaceAll(/[^A-Za-z0-9.+-]+/g, '-')}`,
    ...lines.map((line) => (line.trim() === '' ? ' .' : ` ${line.replaceAll('\u000C', '').trimEnd()}`)),
  ]
}
