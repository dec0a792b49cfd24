import { existsSync, openSync, truncateSync, writeFileSync, closeSync } from 'node:fs'
import { join } from 'node:path'
import { openGpt } from '../../../src/formats/gpt/index.ts'
import { openMbr } from '../../../src/formats/mbr/index.ts'
import { inWordsOfSfdisk, saidBySfdisk } from '../../fixtures/sfdisk.ts'
import { Random } from '../random.ts'
import { run } from '../run.ts'
import { differencesOf } from '../target.ts'
import type { DifferentialTarget } from '../target.ts'
import { fileSource } from './file-source.ts'
import { drawTable } from './draw-table.ts'

/** Tables that sfdisk writes, against what sfdisk reads. Needs no rights. */
export const partitionTable: DifferentialTarget = {
  name: 'partition-table',
  lacks: () => (existsSync('/usr/sbin/sfdisk') ? undefined : 'fdisk is not installed'),
  async compare(seed, directory) {
    const { label, mib, script } = drawTable(new Random(seed))
    const image = join(directory, 'image')
    writeFileSync(image, '')
    truncateSync(image, mib * 1024 * 1024)
    run('sfdisk', ['--quiet', '--no-reread', '--no-tell-kernel', image], { input: script })
    const said = join(directory, 'said.json')
    writeFileSync(said, run('sfdisk', ['--json', image]))
    const theirs = saidBySfdisk(said)
    const descriptor = openSync(image, 'r')
    try {
      const source = fileSource(descriptor, mib * 1024 * 1024)
      const table = label === 'gpt' ? await openGpt(source) : await openMbr(source)
      const ours = inWordsOfSfdisk(table)
      return {
        made: script.replaceAll('\n', '; '),
        nodes: theirs.partitions.length,
        differences: [
          ...differencesOf(ours.partitions, theirs.partitions, 'partitions'),
          ...differencesOf([ours.id, ours.sectorSizeBytes], [theirs.id, theirs.sectorSizeBytes], 'table'),
          ...table.warnings
            .filter(({ code }) => code !== 'MBR_TYPE_ZERO')
            .map(({ message }) => `warning: ${message}`),
        ],
      }
    } finally {
      closeSync(descriptor)
    }
  },
}
