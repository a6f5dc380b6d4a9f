using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Islet.ControlPlane.Storage.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class ConnectionRates : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "ConnectionsPerSecond",
                table: "ProjectOverrides",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "EgressConnectionsPerSecond",
                table: "ProjectOverrides",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "ConnectionsPerSecond",
                table: "OrganizationLimits",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "EgressConnectionsPerSecond",
                table: "OrganizationLimits",
                type: "INTEGER",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "ConnectionsPerSecond",
                table: "ProjectOverrides");

            migrationBuilder.DropColumn(
                name: "EgressConnectionsPerSecond",
                table: "ProjectOverrides");

            migrationBuilder.DropColumn(
                name: "ConnectionsPerSecond",
                table: "OrganizationLimits");

            migrationBuilder.DropColumn(
                name: "EgressConnectionsPerSecond",
                table: "OrganizationLimits");
        }
    }
}
