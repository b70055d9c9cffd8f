@rem cmd.exe has no "exec". With it a shell hands its place to the server, so that signals to npm reach the server
@rem and npm ends with the status of the server; on Windows this file stands in.
@%*
