import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../source/index.ts'

const FOLDER = 'docs/adr'

const HEAD = `<!-- Written by \`npm run docs\` from the titles of the records. -->

# Decisions

Each page records one decision: its context, what was decided, and the consequences. Write one for each dependency, each
boundary between rooms and each thing that Anneal refuses to do. A decision that no longer holds gets a new page; the old
page says which one replaces it.

Numbers come in tens by subject. Each subject has room for later decisions, so there are gaps between numbers. A number is
never used twice, and a file keeps its name when its title changes. To add a page, take the next free number of its subject:

| numbers      | subject                        |
| ------------ | ------------------------------ |
| 0001 to 0009 | the code base                  |
| 0010 to 0019 | container engines              |
| 0020 to 0029 | libvirt, systemd and guests    |
| 0030 to 0039 | releases                       |
| 0040 to 0049 | OpenStack                      |
| 0055 to 0059 | how an image boots             |
| 0060 to 0069 | reading and converting images  |
| 0070 to 0079 | finding out who acts on a node |
| 0081 to 0089 | taking over what runs          |
| 0090 to 0099 | the conductor                  |

0068 and 0069 (an entry point, and output streams) and 0072 (unpacking images), 0076 (hash trees) and 0077 (LUKS) took the next number that was free. So did 0097 to 0100, as the numbers of their subjects were used up.
`

/** docs/adr/README.md: how the records of decisions are numbered, and their titles. */
export function decisionsPage(): string {
  const records = readdirSync(join(ROOT, FOLDER)).filter((name) => /^\d{4}-/.test(name))
  const lines = records.toSorted().map((name) => {
    const [title = ''] = readFileSync(join(ROOT, FOLDER, name), 'utf8').split('\n')
    return `- [${name.slice(0, 4)}](${name}) ${title.replace(/^# \d{4} /, '')}`
  })
  return `${HEAD}\n${lines.join('\n')}\n`
}
