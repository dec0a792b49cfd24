export { sampleDisk, sampleNode, sampleTrio } from './samples.ts'
