export { writeDiskByIscsi } from './write-disk.ts'
