/**
 * Compares Anneal's answers on images of other projects with those of blkid, sfdisk, the kernel's mount, mtools, bsdtar,
 * e2fsck and qemu-img:
 *
 *     npm run corpora -- FOLDER… [--match REGEXP] [--all]
 *
 * Every file of the folders is asked, whatever it is. The folders are not part of the project. As root: it mounts. Exit code 1
 * where an answer is wrong or has no code.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scriptArguments } from '../../scripts/script-arguments.ts'
import { compareFile } from './compare.ts'
import type { Verdict } from './compare.ts'

const MOST_BYTES = 4 * 2 ** 30

const { values, positionals } = scriptArguments({
  allowPositionals: true,
  options: { match: { type: 'string', default: '' }, all: { type: 'boolean', default: false } },
})
const match = new RegExp(values.match)
const files = positionals
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
    ),
  )
  .filter((file) => match.test(file) && statSync(file).size <= MOST_BYTES)
  .toSorted()
if (files.length === 0) {
  process.stderr.write('error: no files\nremedy: name folders with images\n')
  process.exit(2)
}
const work = mkdtempSync(join(tmpdir(), 'anneal-corpora-'))
const counts: Record<Verdict['verdict'], number> = { same: 0, refused: 0, damaged: 0, wrong: 0, uncoded: 0 }
const codes = new Map<string, number>()
try {
  for (const file of files) {
    const { verdict, notes } = compareFile(file, join(work, 'work'))
    counts[verdict] += 1
    if (verdict === 'refused') codes.set(notes[0] ?? '', (codes.get(notes[0] ?? '') ?? 0) + 1)
    const isBad = verdict === 'wrong' || verdict === 'uncoded'
    if (isBad || values.all) process.stdout.write(`${verdict}  ${file}  ${notes.join(' | ')}\n`)
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
const byCode = [...codes].map(([code, count]) => `${code} ${count}`).join(', ')
process.stdout.write(
  `${files.length} files: ${counts.same} the same, ${counts.refused} refused (${byCode}), ${counts.damaged} damaged and different, ${counts.wrong} wrong, ${counts.uncoded} uncoded\n`,
)
process.exitCode = counts.wrong + counts.uncoded > 0 ? 1 : 0
