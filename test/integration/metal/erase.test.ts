/**
 * Which commands the deploy ramdisk takes to erase disks, by its own script. nvme and hdparm are stand-ins that speak as the programs
 * do: no controller of a virtual machine offers sanitize, or the security commands of ATA. What nvme format and discards do on real
 * block devices is in test/e2e/ramdisk.test.ts.
 */
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { REPOSITORY } from '../../../lab/paths.ts'

const run = promisify(execFile)
const missing = spawnSync('which', ['busybox']).status !== 0

/** What the controller of a machine says of itself. */
type Controller = Readonly<{
  oacs: string
  fna: string
  sanicap: string
  formatFails?: true
  sanitizes?: string
}>

describe('the deploy ramdisk erases', { skip: missing ? 'needs busybox' : false }, () => {
  let directory = ''
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'anneal-erase-'))
    mkdirSync(join(directory, 'run'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  function program(name: string, lines: readonly string[]): void {
    const path = join(directory, 'bin', name)
    mkdirSync(join(directory, 'bin'), { recursive: true })
    writeFileSync(path, `#!/bin/sh\n${lines.join('\n')}\n`)
    chmodSync(path, 0o755)
  }

  function nvme({ oacs, fna, sanicap, formatFails, sanitizes = '0x101' }: Controller): void {
    program('nvme', [
      `echo "nvme $*" >>${directory}/calls`,
      'case $1 in',
      `id-ctrl) printf 'NVME Identify Controller:\\nvid       : 0x1b36\\noacs      : ${oacs}\\nfna       : ${fna}\\nsanicap   : ${sanicap}\\n' ;;`,
      `format) exit ${formatFails === true ? 1 : 0} ;;`,
      `sanitize-log) printf 'Sanitize Progress                      (SPROG) :  65535\\nSanitize Status                        (SSTAT) :  ${sanitizes}\\n' ;;`,
      'esac',
    ])
  }

  function disk(name: string, files: Readonly<Record<string, string>> = {}): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(directory, 'block', name, path, '..'), { recursive: true })
      writeFileSync(join(directory, 'block', name, path), `${text}\n`)
    }
    mkdirSync(join(directory, 'block', name), { recursive: true })
  }

  async function script(text: string): Promise<string> {
    const lines = [
      `run=${directory}/run log=${directory}/log PATH=${directory}/bin:$PATH`,
      'say() { echo "says: $*" >>$log; }',
      ...['devices', 'erase', 'wipe'].map((name) => `. ${REPOSITORY}/images/deploy-ramdisk/${name}.sh`),
      `blocks=${directory}/block`,
      text,
    ]
    return (await run('busybox', ['sh', '-c', lines.join('\n')])).stdout.trim()
  }

  /** The way in which one disk of those that are ordered is wiped. No block device is behind it: discards fail. */
  const wiped = (name: string, ...ordered: readonly string[]) =>
    script(`disk=${name} device=/dev/nosuch-${name} disk_list=" ${ordered.join(' ')}"\nwipe_content`)
  const calls = (): string => readFileSync(join(directory, 'calls'), 'utf8')

  test('an NVMe disk by format, and names all that it offers', async () => {
    nvme({ oacs: '0x17', fna: '0x4', sanicap: '0xa0000003' })
    disk('nvme0n1', { 'queue/discard_max_bytes': '4096' })
    assert.equal(
      await script('erase_ways nvme0n1'),
      'nvme-format,nvme-format-crypto,nvme-sanitize-block,nvme-sanitize-crypto,discard',
    )
    assert.equal(await wiped('nvme0n1', 'nvme0n1'), 'nvme-format')
    assert.match(calls(), /^nvme format --force --ses=1/m)
  })

  test('an NVMe disk by sanitize where format fails or is not offered, and waits for its end', async () => {
    disk('nvme0n1')
    nvme({ oacs: '0x2', fna: '0', sanicap: '0x2', formatFails: true })
    assert.equal(await wiped('nvme0n1', 'nvme0n1'), 'nvme-sanitize-block')
    nvme({ oacs: '0', fna: '0', sanicap: '0x1' })
    assert.equal(await wiped('nvme0n1', 'nvme0n1'), 'nvme-sanitize-crypto')
    assert.match(calls(), /nvme sanitize --sanact=2.*\nnvme sanitize-log.*\n(.*\n)*nvme sanitize --sanact=4/)
  })

  test('an NVMe disk as little as others where its sanitize fails', async () => {
    disk('nvme0n1')
    nvme({ oacs: '0', fna: '0', sanicap: '0x2', sanitizes: '0x3' })
    assert.equal(await wiped('nvme0n1', 'nvme0n1'), 'metadata')
  })

  test('no other disk of the controller: a kept namespace is not reached', async () => {
    disk('nvme0n1')
    disk('nvme0n2')
    nvme({ oacs: '0x2', fna: '0x2', sanicap: '0x3' })
    assert.equal(await wiped('nvme0n1', 'nvme0n1'), 'metadata')
    assert.doesNotMatch(calls(), /format|sanitize/)
    assert.equal(await wiped('nvme0n1', 'nvme0n1', 'nvme0n2'), 'nvme-format')
    // Of this controller a format reaches one namespace alone.
    nvme({ oacs: '0x2', fna: '0', sanicap: '0' })
    assert.equal(await wiped('nvme0n1', 'nvme0n1'), 'nvme-format')
  })

  test('an ATA disk not by its security commands, which it names', async () => {
    disk('sda', { 'device/vendor': 'ATA     ' })
    disk('sdb', { 'device/vendor': 'QEMU    ' })
    const words = (status: string): string =>
      Array.from({ length: 32 }, (_, line) =>
        Array.from({ length: 8 }, (_word, at) => (line * 8 + at === 128 ? status : '0040')).join(' '),
      ).join('\\n')
    const ways = async (status: string): Promise<string> => {
      program('hdparm', [`printf '\\n/dev/sda:\\n${words(status)}\\n'`])
      return script('erase_ways sda')
    }
    assert.equal(await ways('0000'), '')
    assert.equal(await ways('0001'), 'ata-security-erase')
    assert.equal(await ways('0021'), 'ata-security-erase,ata-security-erase-enhanced')
    assert.equal(await ways('0029'), 'ata-security-erase,ata-security-erase-enhanced,ata-security-frozen')
    assert.equal(await script('erase_ways sdb'), '')
  })
})
