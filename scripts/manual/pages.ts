import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../../src/cli/command.ts'
import { loadCommands } from '../../src/cli/commands.ts'
import { configExample } from '../../src/cli/config.ts'
import { ROOT } from '../source/index.ts'
import {
  CONFIG_FILE,
  NO_COLOR,
  STATE_DIRECTORY,
  commandList,
  commandPage,
  exitSection,
  groupPage,
  seeAlso,
} from './command-page.ts'
import { sectionsOf } from './markdown.ts'
import { code, paragraph, placeholder, text } from './page.ts'
import type { Inline, ManualPage, Section } from './page.ts'

/** A page of docs/ that is a page of the manual too. */
type Source = Readonly<{
  file: string
  name: string
  section: 5 | 7
  summary: string
  /** Only the text below this heading of the second level. */
  below?: string
  seeAlso: readonly (readonly [string, number])[]
}>

const SOURCES: readonly Source[] = [
  {
    file: 'docs/release.md',
    name: 'anneal-release',
    section: 5,
    summary: 'the Compose file that describes the containers of a compute node',
    seeAlso: [
      ['anneal-node-lock', 1],
      ['anneal-node-plan', 1],
      ['anneal-node-upgrade', 1],
    ],
  },
  {
    file: 'docs/metal.md',
    name: 'anneal-inventory',
    section: 5,
    summary: 'the file that describes bare-metal machines',
    below: 'The inventory',
    seeAlso: [
      ['anneal-metal-enroll', 1],
      ['anneal-metal', 7],
    ],
  },
  {
    file: 'docs/metal.md',
    name: 'anneal-metal',
    section: 7,
    summary: 'deploy images on bare-metal machines through OpenStack Ironic',
    seeAlso: [
      ['anneal-metal', 1],
      ['anneal-inventory', 5],
    ],
  },
  {
    file: 'docs/image.md',
    name: 'anneal-image',
    section: 7,
    summary: 'what is on a disk image, and how it boots',
    seeAlso: [['anneal-image', 1]],
  },
  {
    file: 'docs/rescue.md',
    name: 'anneal-rescue',
    section: 7,
    summary: 'move running guests out of a container',
    seeAlso: [
      ['anneal-node-rescue', 1],
      ['anneal-node-upgrade', 1],
    ],
  },
  {
    file: 'docs/crash-safety.md',
    name: 'anneal-crash-safety',
    section: 7,
    summary: 'what holds when an upgrade is interrupted',
    seeAlso: [
      ['anneal-node-recover', 1],
      ['anneal-node-status', 1],
    ],
  },
  {
    file: 'docs/errors.md',
    name: 'anneal-errors',
    section: 7,
    summary: 'every code that Anneal can print, with its remedy',
    seeAlso: [['anneal', 1]],
  },
]

/** A group that gets a new command needs no line here; a new group does. */
const GROUPS: Readonly<Record<string, string>> = {
  image: 'read disk images and turn them into what bare metal boots',
  metal: 'deploy images on bare-metal machines',
  node: 'replace the containers of a compute node while its guests run on',
}

/** Every page of the manual, sorted by section and name. */
export async function manualPages(): Promise<readonly ManualPage[]> {
  const commands = await loadCommands()
  const groups = [...new Set(commands.flatMap(({ path }) => (path.length > 1 ? [path[0] ?? ''] : [])))]
  const pages = [
    overviewPage(commands, groups),
    ...groups.map((group) =>
      groupPage(
        [group],
        commands.filter(({ path }) => path[0] === group),
        groupSummary(group),
      ),
    ),
    ...commands.map((command) => commandPage(command)),
    configPage(commands),
    ...SOURCES.map((source) => sourcePage(source)),
  ]
  return pages.toSorted((one, other) => one.section - other.section || (one.name < other.name ? -1 : 1))
}

function groupSummary(group: string): string {
  const summary = GROUPS[group]
  if (summary === undefined) throw new Error(`the group "${group}" has no summary in scripts/manual/pages.ts`)
  return summary
}

function overviewPage(commands: readonly Command[], groups: readonly string[]): ManualPage {
  const single = commands.filter(({ path }) => path.length === 1)
  return {
    name: 'anneal',
    section: 1,
    summary: 'from bare metal to a live-upgraded hypervisor, image by image',
    sections: [
      {
        title: 'SYNOPSIS',
        blocks: [
          paragraph(
            code('anneal'),
            text(' '),
            placeholder('command'),
            text(' ['),
            placeholder('flags'),
            text(']'),
          ),
          paragraph(code('anneal --version')),
        ],
      },
      {
        title: 'DESCRIPTION',
        blocks: [
          paragraph(
            text(
              'Anneal reads cloud images and turns them into what bare metal boots, deploys them on machines through OpenStack Ironic, and replaces the containers of a compute node while its virtual machines run on. It replaces the whole set of containers or nothing, and proves before and after that every guest survives.',
            ),
          ),
          paragraph(
            text('A result goes to standard output, and everything for people to standard error. With '),
            code('--json'),
            text(' the result is one JSON document. '),
            code('--help'),
            text(' behind a command prints its flags.'),
          ),
        ],
      },
      ...groups.map((group): Section => ({
        title: `${group.toUpperCase()} COMMANDS`,
        blocks: [
          paragraph(text(`${groupSummary(group).charAt(0).toUpperCase()}${groupSummary(group).slice(1)}.`)),
          commandList(commands.filter(({ path }) => path[0] === group)),
        ],
      })),
      { title: 'OTHER COMMANDS', blocks: [commandList(single)] },
      exitSection(),
      { title: 'ENVIRONMENT', blocks: [{ kind: 'terms', items: [ANNEAL_CONFIG, NO_COLOR] }] },
      { title: 'FILES', blocks: [{ kind: 'terms', items: [CONFIG_FILE, STATE_DIRECTORY] }] },
      seeAlso([
        reference('anneal-config', 5),
        ...SOURCES.toSorted((one, other) => one.section - other.section).map(({ name, section }) =>
          reference(name, section),
        ),
      ]),
    ],
  }
}

const ANNEAL_CONFIG = {
  term: [code('ANNEAL_CONFIG')],
  blocks: [paragraph(text('Another file of settings than '), code('/etc/anneal/config.yaml'), text('.'))],
}

function configPage(commands: readonly Command[]): ManualPage {
  return {
    name: 'anneal-config',
    section: 5,
    summary: 'settings of Anneal',
    sections: [
      {
        title: 'DESCRIPTION',
        blocks: [
          paragraph(
            code('/etc/anneal/config.yaml'),
            text(
              ' is a map in YAML. Each key is the long name of a flag and holds for every command that has this flag. ',
            ),
            code('--config'),
            text(' or the environment variable '),
            code('ANNEAL_CONFIG'),
            text(' names another file.'),
          ),
          paragraph(
            text(
              'A flag on the command line wins over an environment variable, an environment variable over this file, and this file over the default. A key that no command has is refused (',
            ),
            code('CONFIG_INVALID'),
            text(').'),
          ),
          paragraph(text('Keep no password in this file.')),
        ],
      },
      { title: 'SETTINGS', blocks: [{ kind: 'literal', text: configExample(commands).trimEnd() }] },
      { title: 'FILES', blocks: [{ kind: 'terms', items: [CONFIG_FILE] }] },
      seeAlso([reference('anneal', 1), reference('anneal-config', 1)]),
    ],
  }
}

function sourcePage(source: Source): ManualPage {
  const pages = new Map(
    SOURCES.filter(({ below, file }) => below === undefined && file !== source.file).map(
      ({ file, name, section }) => [file.replace(/^.*\//, ''), { name, section }],
    ),
  )
  const sections = sectionsOf(readFileSync(join(ROOT, source.file), 'utf8'), pages)
  return {
    name: source.name,
    section: source.section,
    summary: source.summary,
    sections: [
      ...(source.below === undefined ? sections : onlyBelow(source.below, sections, source.file)),
      seeAlso(source.seeAlso.map(([name, section]) => reference(name, section))),
    ],
  }
}

function onlyBelow(title: string, sections: readonly Section[], file: string): readonly Section[] {
  const found = sections.find((section) => section.title === title.toUpperCase())
  if (found === undefined) throw new Error(`${file} has no heading "${title}" any more`)
  return [{ title: 'DESCRIPTION', blocks: found.blocks }]
}

function reference(name: string, section: number): Inline {
  return { kind: 'page', name, section }
}
