import { describePackageOn } from './support/package-behaviour.ts'

/** `ANNEAL_TEST_SUITE=trixie`: on another suite of Debian. */
describePackageOn(process.env['ANNEAL_TEST_SUITE'] ?? 'bookworm')
