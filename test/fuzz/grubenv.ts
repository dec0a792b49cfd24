import assert from 'node:assert/strict'
import { parseKernelCommandLine } from '../../src/core/index.ts'
import { applyFileEdit, parseEnvironmentBlock } from '../../src/image/boot/index.ts'
import { TokenText, everyByte } from './text/token-text.ts'
import type { FuzzTarget } from './target.ts'

const HEADER = '# GRUB Environment Block\n'
const language = new TokenText(
  [HEADER, '\n', '\\\n', '\\', '\\\\', '=', '#', ' ', '"', '########', 'kernelopts=', 'saved_entry=', 'a_1='],
  ['root=UUID=1 ', 'quiet', ' quiet ', 'console=ttyS0', ' -- ', 'x="y z"'],
)

const SEEDS = [
  `${HEADER}saved_entry=a\nkernelopts=root=UUID=1 quiet console=ttyS0 \n################`,
  `${HEADER}a_1=x\\\\y\\\nz\nkernelopts=x="y z" -- quiet\n########\n`,
]

/** What an edit does to a block: the length stays, and so do all variables but the one, which says what was asked for. */
export const grubenv: FuzzTarget = {
  name: 'grubenv',
  seeds: async () => language.seeds(SEEDS),
  fields: everyByte,
  async exercise(source) {
    const text = await language.read(source)
    const block = parseEnvironmentBlock(text, 'f')
    for (const [name, { value, source: place }] of block ?? []) {
      const line = 'line' in place ? (place.line ?? 0) : 0
      const { arguments: present } = parseKernelCommandLine(value)
      const remove = present.slice(0, 1).map((one) => one.text)
      const edit = { file: 'f', kind: 'grubenv', edits: [{ line, remove, append: ['new=1'] }] } as const
      const after = applyFileEdit(text, edit)
      assert.equal(after.length, text.length)
      const again = parseEnvironmentBlock(after, 'f')
      assert.ok(again !== undefined && block !== undefined)
      for (const [other, variable] of block) {
        if (other !== name) assert.equal(again.get(other)?.value, variable.value)
      }
      assert.deepEqual(
        parseKernelCommandLine(again.get(name)?.value ?? '').arguments.map((one) => one.text),
        [...present.map((one) => one.text).filter((one) => !remove.includes(one)), 'new=1'],
      )
    }
  },
}
