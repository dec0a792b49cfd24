import type { Random } from '../random.ts'
import type { Files } from './disk.ts'
import { Menu } from './draw-menu.ts'
import { Statements } from './draw-statements.ts'
import { Words } from './draw-words.ts'

/** A configuration of everything that the language has, and the files beside it. */
export function drawScript(random: Random): Files {
  const statements = new Statements(random, 'all')
  const menu = new Menu(random, 'all', statements)
  const leafStatements = new Statements(random, 'withoutFiles')
  const leaf = new Menu(random, 'withoutFiles', leafStatements)
  const body = statements.lines(random.between(4, 14), 0)
  const files: Record<string, string> = {
    '/vmlinuz-1': 'k',
    '/vmlinuz-2': 'k',
    '/initrd-1': 'i',
    '/sub/one.cfg': 'x',
    '/sub/two.cfg': '',
    '/both': 'x',
    '/grub/grubenv': environment(new Words(random)),
    '/grub/more.cfg': `${leafStatements.lines(random.between(1, 4), 1).join('\n')}\n`,
    '/grub/menu.cfg': `${[...leafStatements.lines(2, 1), ...leaf.entry(1), ...leaf.entry(1), 'set timeout=0'].join('\n')}\n`,
  }
  return { ...files, '/grub/grub.cfg': `${[...body, ...menu.menu(), ...menu.choice()].join('\n')}\n` }
}

function environment(words: Words): string {
  const lines = [
    '# GRUB Environment Block',
    'saved_entry=1',
    `v0=${['a', 'env b', '2'][words.number().length % 3]}`,
    'v1=x\\\\y',
    'v2=kernel opts ro',
    'next_entry=',
  ]
  return `${lines.join('\n')}\n`.padEnd(1024, '#')
}
