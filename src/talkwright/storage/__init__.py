"""Models and artefacts in object storage: a folder, S3, GCS or Azure, named by one URL."""
