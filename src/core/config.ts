/** Where things live for one root; made once in main and passed down. */
export type Places = {
  /** The repository (or folder) that holds `operations/`, absolute and real. */
  root: string;
  /** The data folder: database, run folders, output, secrets. */
  data: string;
};
