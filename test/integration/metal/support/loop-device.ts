import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type Loop = AsyncDisposable &
  Readonly<{ path: string; partitions: () => Promise<readonly KernelPartition[]> }>
type KernelPartition = Readonly<{ path: string; start: number; size: number; label: string; uuid: string }>

/**
 * Partitions as partx finds them and the kernel then has them: not every kernel reads tables itself. Nodes are made where no udev makes
 * them.
 */
export async function loopOf(file: string, sectorBytes: number): Promise<Loop> {
  const argv = ['--find', '--show', '--sector-size', `${sectorBytes}`, file]
  const { stdout } = await run('losetup', argv)
  const path = stdout.trim()
  const name = path.replace('/dev/', '')
  // The kernel may still have partitions of whoever had the device before. Either fails where there are none.
  await run('partx', ['--delete', path]).catch(() => undefined)
  await run('partx', ['--update', path]).catch(() => undefined)
  return {
    path,
    async partitions() {
      const { stdout: numbers } = await run('sh', [
        '-c',
        `cat /sys/block/${name}/${name}p*/partition || true`,
      ])
      return Promise.all(
        numbers
          .split('\n')
          .filter((one) => one !== '')
          .map(Number)
          .toSorted((a, b) => a - b)
          .map(async (number) => {
            const sys = `/sys/block/${name}/${name}p${number}`
            const node = `${path}p${number}`
            const device = (await readFile(`${sys}/dev`, 'utf8')).trim().split(':')
            await run('sh', ['-c', `[ -b ${node} ] || mknod ${node} b ${device.join(' ')}`])
            const read = async (what: string): Promise<number> =>
              Number(await readFile(`${sys}/${what}`, 'utf8'))
            return {
              path: node,
              start: (await read('start')) * 512,
              size: (await read('size')) * 512,
              label: (await blkid(node, 'PART_ENTRY_NAME')) ?? '',
              uuid: (await blkid(node, 'PART_ENTRY_UUID')) ?? '',
            }
          }),
      )
    },
    async [Symbol.asyncDispose]() {
      await run('sh', ['-c', `partx --delete ${path}; losetup -d ${path}; rm -f ${path}p*`])
    },
  }
}

export async function blkid(path: string | undefined, tag: string): Promise<string | undefined> {
  const { stdout } = await run('blkid', ['-p', '-o', 'value', '-s', tag, path ?? '']).catch(() => ({
    stdout: '',
  }))
  return stdout.trim() || undefined
}
