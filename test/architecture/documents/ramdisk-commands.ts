import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PROGRAMS } from '../../../src/adapters/deploy-ramdisk/index.ts'
import { makeElf } from '../../fixtures/make-elf.ts'
import { runCommand } from './run-command.ts'
import type { Scenario } from './scenario.ts'

/** The deploy ramdisk of one package that was made here. */
export function ramdiskScenarios(directory: string): readonly Scenario[] {
  const packages = join(directory, 'packages')
  const words = ['metal', 'ramdisk', join(directory, 'ramdisk'), '--packages', packages]
  return [
    {
      name: 'metal ramdisk --dry-run',
      run: () => {
        makePackage(directory, packages)
        return runCommand(...words, '--dry-run')
      },
    },
    { name: 'metal ramdisk', run: () => runCommand(...words) },
  ]
}

/** A package with a kernel, one driver, and scripts for programs. */
function makePackage(directory: string, packages: string): void {
  const tree = join(directory, 'tree')
  const put = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    writeFileSync(join(tree, path), content)
  }
  put(
    'DEBIAN/control',
    'Package: parts\nVersion: 1.0\nArchitecture: amd64\nMaintainer: none <none@example.org>\nDescription: parts\n',
  )
  put('boot/vmlinuz-6.1', 'kernel')
  put('lib/modules/6.1/kernel/drivers/ata/ahci.ko', makeElf({ '.modinfo': 'depends=\0' }))
  put('usr/lib/x86_64-linux-gnu/libgcc_s.so.1', 'library')
  for (const { program } of PROGRAMS) put(`usr/bin/${program}`, '#!/bin/sh\n')
  mkdirSync(packages)
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', tree, join(packages, 'parts_1.0_amd64.deb')], {
    stdio: 'ignore',
  })
}
